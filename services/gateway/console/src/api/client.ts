// Every call of the console: same origin, the session's cookie, JSON. Errors are the API's problem documents.

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly reason: string,
    message: string,
  ) {
    super(message);
  }
}

// A custom header cannot be sent across sites without consent: it guards the session's cookie.
export const HEADERS = { "Content-Type": "application/json", "X-Pathloom-Console": "1" };

async function answer<T>(response: Response): Promise<T> {
  if (response.ok) return response.status === 204 ? (undefined as T) : ((await response.json()) as T);
  const problem = (await response.json().catch(() => ({}))) as {
    title?: string;
    detail?: string;
    reason?: string;
  };
  const words = problem.detail || problem.title || `The platform answered ${response.status}.`;
  throw new Problem(response.status, problem.reason ?? "", words);
}

export async function get<T>(path: string): Promise<T> {
  return answer<T>(await fetch(path, { headers: HEADERS, credentials: "same-origin" }));
}

export async function post<T>(path: string, body: unknown): Promise<T> {
  const init = {
    method: "POST",
    headers: HEADERS,
    credentials: "same-origin" as const,
    body: JSON.stringify(body),
  };
  return answer<T>(await fetch(path, init));
}

export async function remove(path: string): Promise<void> {
  return answer<void>(await fetch(path, { method: "DELETE", headers: HEADERS, credentials: "same-origin" }));
}
