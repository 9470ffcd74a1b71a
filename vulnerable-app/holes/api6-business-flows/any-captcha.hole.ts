/** The captcha is asked for, and whatever comes is good: the service of the tests went to production. */

import type { Hole } from '../../hole.js';

export const anyCaptcha: Hole = {
  id: 'any-captcha',
  title: 'Any text is taken for a captcha that was solved',
  owasp: 'API6:2023',
  expects: 'flow/captcha',
  at: 'POST /auth/register',
  options: (options) => ({
    ...options,
    flows: {
      ...options.flows,
      captcha: { kind: 'turnstile', verify: () => ({ ok: true }) },
      defaults: { captcha: true },
    },
  }),
};
