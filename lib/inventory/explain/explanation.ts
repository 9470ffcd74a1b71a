/** What would each stage say to a call that nobody has made? In words. */

/** `depends`: more than the caller decides. The caller alone passes, as far as it goes. */
export type ExplainedOutcome = 'passes' | 'refuses' | 'depends';

export interface ExplainedStep {
  /** As `lib/pipeline.ts` names it. */
  readonly stage: string;
  readonly outcome: ExplainedOutcome;
  /** `needs moderator; alice holds user: refused 403 here` */
  readonly words: string;
  /** The HTTP status of a refusal. */
  readonly status?: number;
}

export interface Explanation {
  /** `UsersController.list` */
  readonly route: string;
  /** `GET /v1/users` */
  readonly where: string;
  /** `alice (jwt; roles: user)`, or nobody. */
  readonly caller: string;
  /** What comes of it: the first refusal, else `depends` where anything does. */
  readonly outcome: ExplainedOutcome;
  /** In pipeline order, up to the first refusal. */
  readonly steps: readonly ExplainedStep[];
  /** All of it, one line a step. */
  readonly text: string;
}

export function explanationOf(init: Pick<Explanation, 'route' | 'where' | 'caller' | 'steps'>): Explanation {
  const outcome =
    init.steps.find((step) => step.outcome === 'refuses')?.outcome ??
    init.steps.find((step) => step.outcome === 'depends')?.outcome ??
    'passes';
  const lines = init.steps.map(({ stage, words }, index) => `${index + 1}. ${stage}: ${words}`);
  const text = [`${init.where} (${init.route}), called by ${init.caller}:`, ...lines, VERDICTS[outcome]].join('\n');
  return Object.freeze({ ...init, steps: Object.freeze([...init.steps]), outcome, text });
}

const VERDICTS = {
  passes: 'The handler runs.',
  refuses: 'The handler does not run.',
  depends: 'The handler runs if what depends on the call holds.',
} as const satisfies Record<ExplainedOutcome, string>;
