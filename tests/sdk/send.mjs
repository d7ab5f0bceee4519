// Sends one of each call with a tracking SDK as its publisher ships it.
// node send.mjs segment|rudder URL KEY gzip|plain PREFIX; exit code 1 when the SDK reports an error.
import { Analytics } from "@segment/analytics-node";
import RudderAnalytics from "@rudderstack/rudder-sdk-node";

const [sdk, url, key, zip, prefix] = process.argv.slice(2);
const calls = [
  ["track", { event: "Order Placed", properties: { order_id: "o-1", note: "Grüße" } }],
  ["identify", { traits: { email: "ada@example.edu" } }],
  ["page", { name: "Aid", properties: { path: "/aid" } }],
  ["screen", { name: "Aid", properties: {} }],
  ["group", { groupId: "g-1", traits: { name: "Household" } }],
  ["alias", { previousId: "a-1" }],
];

function fail(error) {
  console.error(error);
  process.exit(1);
}

const timestamp = new Date(Date.now() - 60_000);
if (sdk === "segment") {
  const client = new Analytics({ writeKey: key, host: url, flushAt: 100, maxRetries: 0 });
  client.on("error", fail);
  for (const [call, own] of calls) {
    client[call]({ userId: "u-1", messageId: `${prefix}-${call}`, timestamp, ...own });
  }
  await client.closeAndFlush();
} else {
  const client = new RudderAnalytics(key, {
    dataPlaneUrl: url,
    gzip: zip === "gzip",
    flushAt: 100,
    axiosRetryConfig: { retries: 0 },
    errorHandler: fail,
  });
  for (const [call, own] of calls) {
    client[call]({
      userId: "u-1",
      anonymousId: null,
      messageId: `${prefix}-${call}`,
      originalTimestamp: timestamp,
      ...own,
    });
  }
  await client.flush();
}
