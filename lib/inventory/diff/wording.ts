/** How is a control written? As the decorator that asks for it, where there is one. */

import type {
  Endpoint,
  EndpointFlow,
  EndpointInput,
  EndpointLimits,
  EndpointOwnership,
  EndpointRate,
  EndpointRoles,
  EndpointStepUp,
} from '../endpoint.js';

const PERIODS: Readonly<Record<number, string>> = {
  1000: 'second',
  60_000: 'minute',
  3_600_000: 'hour',
  86_400_000: 'day',
};

/** `100 a minute`, `5 an hour in bursts of 20` */
export function rateInWords(rate: EndpointRate | 'unlimited'): string {
  if (rate === 'unlimited') return rate;
  const { capacity, refillTokens, refillPeriodMs } = rate;
  const period = PERIODS[refillPeriodMs];
  const per = period === undefined ? `per ${refillPeriodMs} ms` : period === 'hour' ? 'an hour' : `a ${period}`;
  return `${refillTokens} ${per}${capacity === refillTokens ? '' : ` in bursts of ${capacity}`}`;
}

export function rolesInWords({ names, all }: EndpointRoles): string {
  return `@Roles(${names.join(', ')}${all ? ', { all: true }' : ''})`;
}

export function ownershipInWords({ kind, param, provider, bypass, reveal }: EndpointOwnership): string {
  const what = kind === 'param' ? param : `${provider ?? 'a provider'}${param === 'id' ? '' : `, ${param}`}`;
  const besides = `${bypass.length === 0 ? '' : `, bypass ${bypass.join(' ')}`}${reveal ? ', reveal' : ''}`;
  return `@OwnedBy${kind === 'list' ? '.list' : ''}(${what}${besides})`;
}

export function stepUpInWords({ maxAge, amr, acr }: EndpointStepUp): string {
  const parts = [
    ...(maxAge === undefined ? [] : [`maxAge ${maxAge} s`]),
    ...(amr.length === 0 ? [] : [`amr ${amr.join(' ')}`]),
    ...(acr.length === 0 ? [] : [`acr ${acr.join(' ')}`]),
  ];
  return `@StepUp(${parts.join(', ')})`;
}

export function limitsInWords({ tier, own, cost }: EndpointLimits): string {
  const parts = [...(tier ? ["the tier's"] : []), ...own.map(({ rate, by }) => `${rateInWords(rate)} by ${by}`)];
  return `limits: ${parts.join(', ')}${cost === 1 ? '' : `, ${cost} a call`}`;
}

export function flowInWords({ name, limit, by, captcha, minHumanMs, idempotencyKey, signals }: EndpointFlow): string {
  const parts = [
    ...(limit === undefined ? [] : [`${rateInWords(limit)} by ${by.join(' and ')}`]),
    ...(captcha ? ['captcha'] : []),
    ...(minHumanMs === undefined ? [] : [`${minHumanMs} ms at the form`]),
    ...(idempotencyKey === false ? [] : [`idempotency key${idempotencyKey === 'required' ? ' required' : ''}`]),
    ...signals,
  ];
  return `@SensitiveFlow(${[name, ...parts].join(', ')})`;
}

export function inputInWords({ from, name, shape, fields }: EndpointInput): string {
  const listed = fields === undefined ? '' : ` { ${fields.join(', ')} }`;
  return `${from}${name === undefined ? '' : ` "${name}"`}: ${shape}${listed}`;
}

/** `public`, `any caller by jwt`, `@Roles(admin), @Scopes(a)`: who gets in, in a few words. */
export function accessInWords({ access, reason, schemes, ...controls }: Endpoint): string {
  switch (access) {
    case 'public':
      return reason === undefined ? 'public' : `public (${reason})`;
    case 'inherited':
      return 'as its parent';
    case 'refused':
    case 'unguarded':
      return access;
    case 'authenticated':
    case 'restricted': {
      const asked = [
        ...(controls.roles ? [rolesInWords(controls.roles)] : []),
        ...(controls.scopes.length > 0 ? [`@Scopes(${controls.scopes.join(', ')})`] : []),
        ...(controls.policies.length > 0 ? [`@Policies(${controls.policies.join(', ')})`] : []),
        ...(controls.stepUp ? [stepUpInWords(controls.stepUp)] : []),
        ...(controls.ownership ? [ownershipInWords(controls.ownership)] : []),
      ];
      const who = asked.length === 0 ? 'any caller' : asked.join(', ');
      return `${who} by ${schemes.length === 0 ? 'a guard of the app' : schemes.join(' or ')}`;
    }
    default: {
      const never: never = access;
      return never;
    }
  }
}
