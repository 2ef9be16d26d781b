// Tells whether a run is to free space, and reports how it does.
import type { Freeing } from '../report/report.js';
import type { FreeRule } from '../retention/policy.js';
import type { PlanRequest } from './backend.js';

export function isFreeing(
  request: PlanRequest,
): request is PlanRequest & { rules: { free: FreeRule } } {
  // prettier-ignore
  return request.rules.free !== undefined;
}

export function freeingOf({ bytes, minAgeSeconds }: FreeRule, way: string): Freeing {
  return { bytes, min_age_seconds: minAgeSeconds, way };
}
