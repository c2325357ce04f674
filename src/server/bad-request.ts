/** How an answer says that the request was wrong: `extensions.http` of its errors, which Yoga reads and takes out. */
export const BAD_REQUEST = { status: 400, spec: true };
