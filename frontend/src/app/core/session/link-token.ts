let taken = '';

/**
 * Takes the token of a one-time link out of the address before anything else runs, so that it is in no history entry
 * and on no screenshot. Called first at start, and again by the page for a link opened in a running portal.
 */
export function takeLinkToken(): string {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token !== null) {
    taken = token;
    history.replaceState(history.state, '', location.pathname);
  }
  return taken;
}
