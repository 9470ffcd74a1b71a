/** Loads the optional OpenTelemetry API, and says whether anybody collects what is told to it. */

export type OpenTelemetry = typeof import('@opentelemetry/api');

/** Undefined where it is not installed. */
export async function loadOpenTelemetry(): Promise<OpenTelemetry | undefined> {
  try {
    return await import('@opentelemetry/api');
  } catch {
    return undefined;
  }
}

/**
 * Has a provider of meters been registered? The API gives one meter that does nothing to everybody who asks before that, and
 * what was made with it never comes alive.
 */
export function isCollected({ metrics, createNoopMeter }: OpenTelemetry, name: string): boolean {
  return metrics.getMeter(name) !== createNoopMeter();
}
