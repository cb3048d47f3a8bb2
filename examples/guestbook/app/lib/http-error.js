/** An answer that is not a success: its status, and a sentence for whoever asked. */
export class HttpError extends Error {
  constructor(status, message, { headers = {}, cause } = {}) {
    super(message, { cause });
    this.status = status;
    this.headers = headers;
  }
}
