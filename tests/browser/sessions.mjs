// Ending sessions from the page that lists them.

export async function endOthers(visitor, elsewhere) {
  await visitor.open("/account/sessions", "sessions");
  await visitor.submit("/account/sessions/end-others", {}, "sessions, the others ended");
  await isSignedOut(elsewhere);
}

/** Ends the only session there is, one's own. */
export async function endOne(visitor) {
  await visitor.open("/account/sessions", "sessions, one left");
  await visitor.submit("/account/sessions/end", {}, "sessions, none left");
  await visitor.expectPath("/sign-in");
}

export async function isSignedOut(visitor) {
  await visitor.open("/account", "comes back");
  await visitor.expectPath("/sign-in");
}
