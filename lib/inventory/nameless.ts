/** Is it the same path, whatever its parameters are called? `/orders/:id` and `/orders/:orderId` are. */

export function nameless(path: string): string {
  return path.replace(/:[^/]+/g, ':');
}
