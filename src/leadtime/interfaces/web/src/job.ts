/** Long runs: started, watched, stopped, their result. */

import { ask, type Envelope, Failure } from "./api";

interface Job { id: string; status: "queued" | "running" | "done" | "failed" | "stopped"; done: number; total: number; error: { code: string; message: string; hint: string } | null }

const PAUSE_MS = 400;

/**
 * Start a run and wait for its result.
 *
 * `tell` hears how far it is; aborting `signal` stops the run on the server too, and ends with an AbortError.
 */
export async function longRun<T>(path: string, body: unknown, tell: (job: { status: string; done: number; total: number }) => void, signal: AbortSignal): Promise<Envelope<T>> {
  let job = (await ask<Job>(path, body)).data;
  try {
    while (job.status === "queued" || job.status === "running") {
      tell(job);
      await new Promise((done) => { setTimeout(done, PAUSE_MS); });
      signal.throwIfAborted();
      job = (await ask<Job>(`/jobs/${job.id}`, undefined, signal)).data;
    }
  } catch (error) {
    if (signal.aborted) await ask(`/jobs/${job.id}`, undefined, undefined, "DELETE").catch(() => undefined);
    throw error;
  }
  if (job.status === "failed" && job.error) throw new Failure(job.error.code, job.error.message, job.error.hint, 422);
  if (job.status === "stopped") throw new DOMException("stopped", "AbortError");
  return await ask<T>(`/jobs/${job.id}/result`);
}
