// Ending sessions from the page that lists them.

export async function endOne(visitor, elsewhere) {
  await visitor.open("/account/sessions", "sessions");
  await visitor.submit("/account/sessions/end", {}, "sessions, one ended");
  await isSignedOut(elsewhere);
}

export async function endOthers(visitor, elsewhere) {
  await visitor.open("/account/sessions", "sessions");
  await visitor.submit("/account/sessions/end-others", {}, "sessions, the others ended");
  await isSignedOut(elsewhere);
}

export async function isSignedOut(visitor) {
  await visitor.open("/account", "comes back");
  await visitor.expectPath("/sign-in");
}
