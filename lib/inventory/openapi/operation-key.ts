/** Are an operation of a document and an endpoint of the app the same? By method and path, whatever parameters are called. */

/** The methods that an OpenAPI document may have operations for. */
export const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const;
export type OpenApiMethod = (typeof METHODS)[number];

/** Nest writes `/orders/:id` and `/files/*path`, OpenAPI `/orders/{id}` and `/files/{path}`. */
export function operationKey(method: string, path: string): string {
  const segments = path.split('/').filter((segment) => segment !== '');
  const nameless = segments.map((segment) => segment.replace(/\{\*\w+\}|\*\w*|:\w+\??|\{\w+\}/g, '{}'));
  return `${method.toLowerCase()} /${nameless.join('/')}`;
}
