/** Feed mode: a CSMS hands over copies of the frames it exchanges with its chargers, and takes our commands by webhook. */
export { feedOpenApi } from './server.js';
export { type FeedStatus, type RunningFeed, startFeed } from './start.js';
export { signatureOf } from './webhook.js';
