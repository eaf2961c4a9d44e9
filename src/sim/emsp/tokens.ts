import type { OcpiObject, OcpiVersion, Party } from './messages.js';

/** A customer's token with every required member of 2.2.1 and 2.3.0. */
export function sampleToken(
  { countryCode, partyId }: Party,
  type: 'RFID' | 'APP_USER',
  values: OcpiObject = {},
): OcpiObject {
  return {
    country_code: countryCode,
    party_id: partyId,
    uid: type === 'RFID' ? `${countryCode}${partyId}0001` : `${partyId}-app-user-1`,
    type,
    contract_id: `${countryCode}${partyId}C00000001`,
    issuer: `${countryCode}*${partyId}`,
    valid: true,
    whitelist: 'ALWAYS',
    last_updated: '2026-01-01T00:00:00Z',
    ...values,
  };
}

/** The token as this version writes it: 2.1.1 knows no owner and calls the contract `auth_id`. */
export function tokenIn(version: OcpiVersion, token: OcpiObject): OcpiObject {
  if (version !== '2.1.1') return token;
  const { uid, type, contract_id, visual_number, issuer, valid, whitelist, language, last_updated } = token;
  return {
    uid,
    type: type === 'RFID' ? 'RFID' : 'OTHER',
    auth_id: contract_id,
    issuer,
    valid,
    whitelist,
    last_updated,
    ...(visual_number === undefined ? {} : { visual_number }),
    ...(language === undefined ? {} : { language }),
  };
}
