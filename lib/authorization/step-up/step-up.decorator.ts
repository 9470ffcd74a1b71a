/** How recent and how strong must the login be for this call? */

import { annotation, requirement, type RouteDecorator } from '../../core/route.js';
import { stepUpRule, type StepUpOptions, type StepUpRule } from './step-up.rule.js';

export const STEP_UP = annotation<StepUpRule>('step-up');

/**
 * Lets in callers whose login is recent and strong enough. Others get a 401 that says what is missing, with the challenge
 * of RFC 9470, so that a client can send its user through that login and come back (ASVS 7.5.3).
 *
 * @throws TypeError when nothing is asked for, or an option makes no sense.
 *
 * @example
 * @StepUp({ maxAge: 300, amr: ['otp'] })
 */
export function StepUp(options: StepUpOptions): RouteDecorator {
  return requirement(STEP_UP, stepUpRule('@StepUp()', options));
}
