import { sentences } from '../sentences/sentences';

export const say = sentences('auth', {
  not_permitted: 'Your role ({role}) does not include this.',
  ask_administrator: 'Ask an administrator.',
  header_missing: 'The request was refused because the header {header} is missing.',
  from_another_site: 'The request was refused because it comes from another site.',
  origin_not_ours: 'The request was refused because its origin is not ours.',
  cross_site_action: 'Use the portal at its own address, or send the header with each change.',
  not_signed_in: 'You are not signed in, or your session has ended.',
  not_signed_in_action: 'Sign in again.',
  https_required: 'This server answers over HTTPS only.',
  https_required_action:
    'Use the https:// address. Behind a proxy: name its address in TRUSTED_PROXIES, and let it send X-Forwarded-Proto.',
  host_not_allowed: 'This server does not answer under that host name.',
  host_not_allowed_action: 'Set PUBLIC_URL to the address that people use.',
});
