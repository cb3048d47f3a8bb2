/** What the exit status of `provision` means; the same for every verb. */
export const ExitCode = {
  ok: 0,
  /** a task failed on some host */
  failed: 1,
  /** changes are pending: a dry run with --exit-code, drift */
  pending: 2,
  /** some host could not be reached */
  unreachable: 3,
  /** everything was applied, but a check did not hold */
  unverified: 4,
  /** wrong command line, or a file of the user that is wrong */
  usage: 5,
  /** a defect of provision itself */
  internal: 70,
  /** all was well, but what was said about it could not be written: nobody reads it any more, or the disk is full */
  output: 74,
  interrupted: 130,
} as const;
