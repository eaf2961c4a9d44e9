/** Who may charge: vehicles of the depot, then whoever the hook knows, then as configured. */
import type { Runtime } from '../../depot/index.js';
import type { OcppOptions, TokenDecision, TokenQuestion } from '../options.js';

export async function decideToken(
  runtime: Runtime,
  authorize: OcppOptions['authorize'],
  question: TokenQuestion,
): Promise<TokenDecision> {
  if (runtime.identity.vehicleByToken(question.token) !== undefined) return 'accepted';
  try {
    const decision = await authorize?.(question);
    if (decision) return decision;
  } catch (error) {
    // A bus must not be refused because a partner's token list is out of order.
    runtime.log.error({ err: error, stationId: question.stationId }, 'tokens could not be looked up');
  }
  return runtime.config.ocpp.acceptUnknownTokens ? 'accepted' : 'invalid';
}
