// Defines the report of doctor.
/** Whether a store is fit for production: what `papyra doctor` shows, and the document of its `--json`. */
export interface DoctorReport {
  schema: 'papyra.doctor/v1';
  backend: string;
  target: string | null;
  /** `failing`: a check failed; `warnings`: none did, but there is something to look at. */
  status: 'healthy' | 'warnings' | 'failing';
  /** Checks that do not apply to this store are left out. */
  checks: DoctorCheck[];
}

export interface DoctorCheck extends Finding {
  /** In lower case, such as `free_space`. It stays the same from version to version. */
  name: string;
}

/** The result of a check. */
export interface Finding {
  status: 'pass' | 'warn' | 'fail';
  /** Why, in a sentence. */
  reason: string;
  /** A command to type next; null: there is nothing to do. */
  next: string | null;
}
