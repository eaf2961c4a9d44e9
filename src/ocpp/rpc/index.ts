/** Calls and answers over WebSockets: ocpp-rpc behind one typed module. */
export { closeOrCut } from './closing.js';
export { Few } from './few.js';
export {
  type CallFacts,
  type InboundAnswer,
  type InboundCall,
  type OutboundFrame,
  type RpcConnection,
  RpcGate,
  type RpcOwner,
  type UpgradeFacts,
} from './gate.js';
export type { RepeatedCall } from './message-ids.js';
export { Reading } from './reading.js';
