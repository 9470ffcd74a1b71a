/** Nobody will read the body of an answer: its connection is given up, or kept where the body was short. */

export async function discard(response: Response): Promise<void> {
  // A body that fails while it is thrown away is of no interest to anybody.
  await response.body?.cancel().catch(() => undefined);
}
