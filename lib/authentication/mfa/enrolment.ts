/** What does a person scan or type to add this app to their authenticator? */

import { loadOtplib, toBase32 } from './totp.js';

/** Shown once, to the person it is for. */
export interface Enrolment {
  /** Base32, for typing it in. */
  readonly secret: string;
  /** `otpauth://totp/…`, as every authenticator app reads it. */
  readonly otpauthUrl: string;
  /** The URL as a QR code: one SVG element with paths only, no script and no reference to anything. */
  readonly qrSvg: string;
}

/** @param account What the app calls the account: a user name or an e-mail address. */
export async function enrolmentOf(secret: Uint8Array, issuer: string, account: string): Promise<Enrolment> {
  const text = toBase32(secret);
  const otpauthUrl = loadOtplib().generateURI({ secret: text, issuer, label: account });
  const { renderSVG } = await import('uqr');
  // Four modules of quiet zone (ISO/IEC 18004 §5.3.8).
  return { secret: text, otpauthUrl, qrSvg: renderSVG(otpauthUrl, { ecc: 'M', border: 4, pixelSize: 4 }) };
}
