import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// The gateway serves what is built here; nothing is loaded from anywhere else (see its Content-Security-Policy).
export default defineConfig({
  plugins: [react()],
  build: { outDir: "../src/pathloom_gateway/console_dist", emptyOutDir: true, assetsInlineLimit: 0 },
  test: { environment: "happy-dom" },
});
