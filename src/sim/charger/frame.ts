/** The parts of an OCPP-J message; none of what is no message, such as a raw frame that a scenario sends. */
export function partsOf(frame: string): unknown[] {
  try {
    const parts: unknown = JSON.parse(frame);
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
}
