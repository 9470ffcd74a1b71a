/** Is a person behind this call? The contract that proof of work and the hosted captchas fulfil alike. */

/** What a verifier is asked. */
export interface CaptchaQuestion {
  /** What the client brought, at most 8192 characters. Untrusted. */
  readonly token: string;
  /** The client's address, as limits see it: IPv6 as its /64. */
  readonly address: string;
  /** The name of the flow. A token that was made for another flow does not count. */
  readonly action: string;
}

export interface CaptchaAnswer {
  /** Exactly true passes. */
  readonly ok: boolean;
  /** Why not, for the log only. */
  readonly reason?: string;
  /** How sure the verifier is, in its own terms. */
  readonly score?: number;
  /** When the challenge was handed out, in milliseconds since the epoch, where the verifier knows: `minHumanMs` counts from it. */
  readonly issuedAtMs?: number;
}

/**
 * Judges one token. It answers `ok: false` for a token that does not hold, and throws or rejects where it cannot tell:
 * then the call is refused as 503, never let through.
 */
export interface CaptchaVerifier {
  /** What clients are told to bring: `proof-of-work`, `turnstile`, `hcaptcha`, `recaptcha`. */
  readonly kind: string;
  verify(question: CaptchaQuestion): Promise<CaptchaAnswer> | CaptchaAnswer;
}

/** Who judges the captchas of this app. */
export const CAPTCHA_VERIFIER = Symbol('bulwark:captcha-verifier');
