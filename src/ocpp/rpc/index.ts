/** Calls and answers over WebSockets: ocpp-rpc behind one typed module. */
export {
  type InboundAnswer,
  type InboundCall,
  type OutboundFrame,
  type RpcConnection,
  RpcGate,
  type RpcOwner,
  type UpgradeFacts,
} from './gate.js';
