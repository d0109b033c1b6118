/**
 * Columns for documents that no feature writes yet, by the phase whose tables they stand in. Whoever writes the first
 * document into one registers its contract, and the column leaves this list: until it does, the test fails.
 */
export const PENDING_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  'phase 4, Docker': [
    'docker_compose_roots.findings_json',
    'docker_compose_stacks.compose_files_json',
    'docker_compose_stacks.ignored_services_json',
    'docker_compose_stacks.profiles_json',
    'docker_settings.engine_json',
    'docker_stack_services.repo_digests_json',
  ],
  'phase 5, post-install': [
    'install_profiles.manifest_json',
    'install_recipe_versions.manifest_json',
    'machine_profile_state.variables_json',
    'script_variables_presets.variables_json',
  ],
  'phase 7, the agent and other programs': [
    'api_clients.allowed_networks_json',
    'api_clients.machines_json',
    'api_clients.metadata_json',
    'api_clients.scopes_json',
    'hermes_runs.request_json',
    'hermes_runs.response_json',
    'mcp_audit_log.request_json',
    'mcp_audit_log.response_summary_json',
  ],
  'phase 8, maintenance': [
    'discovery_candidates.host_keys_json',
    'discovery_scans.ports_json',
    'discovery_scans.result_json',
    'system_metrics.payload_json',
  ],
  'phase 9, terminal': ['ssh_terminal_sessions.metadata_json'],
};
