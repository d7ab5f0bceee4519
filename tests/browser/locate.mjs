// Prints where the registry's own Chromium is, unpacking it on first use.
import chromium from "@sparticuz/chromium";

console.log(await chromium.executablePath());
