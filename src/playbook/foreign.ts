/** Keywords of Ansible that do not exist here, and what to do instead. */
const everywhere: Readonly<Record<string, string>> = {
  async: 'Hosts are worked on in parallel already; give a slow task a "timeout" in seconds.',
  poll: 'Hosts are worked on in parallel already; give a slow task a "timeout" in seconds.',
  become_flags: 'Set up sudo on the host so that none are needed.',
  become_exe: 'sudo is used as it is found in PATH.',
  collections: 'Name modules without their collection.',
  connection: 'Set ansible_connection in the inventory.',
  debugger: 'Run with -vv to see what is asked and done.',
  diff: 'Differences are always shown; "no_log: true" hides them.',
  ignore_unreachable: 'A host that cannot be reached is left out; the others go on.',
  module_defaults: 'Put shared values into variables.',
  port: 'Set ansible_port in the inventory.',
  remote_user: 'Set ansible_user in the inventory.',
  throttle: 'Use "serial" in the play, or --forks.',
};

export const foreignPlayKeywords: Readonly<Record<string, string>> = {
  ...everywhere,
  fact_path: 'Put what is known of a host into the inventory.',
  force_handlers: 'Handlers of a host that failed are run by the next run: nothing is lost.',
  gather_subset: 'All facts come with the first request and cost nothing more.',
  gather_timeout: 'All facts come with the first request and cost nothing more.',
  order: 'Hosts are taken in the order of the inventory.',
  strategy: 'Hosts never wait for each other, except between batches of "serial".',
  user: 'Set ansible_user in the inventory.',
  vars_prompt: 'Give the values with -e, or keep them in a vault.',
  block: 'Blocks stand under "tasks:".',
  when: 'Put the condition on the roles or tasks of the play.',
};

export const foreignBlockKeywords: Readonly<Record<string, string>> = {
  ...everywhere,
  any_errors_fatal: 'Put it on the play.',
  changed_when: 'Put it on the tasks inside.',
  failed_when: 'Put it on the tasks inside.',
  loop: 'Put the loop on the tasks inside.',
  with_items: 'Put the loop on the tasks inside.',
  register: 'Put it on the tasks inside.',
  retries: 'Put it on the tasks inside.',
  until: 'Put it on the tasks inside.',
};

export const foreignTaskKeywords: Readonly<Record<string, string>> = {
  ...everywhere,
  action: 'Name the module as a key: "apt: {name: nginx}".',
  local_action: 'Name the module as a key and add "delegate_to: localhost".',
  any_errors_fatal: 'Put it on the play.',
  delegate_facts: 'Facts belong to the host that they were asked of.',
  include: 'Use import_tasks.',
  include_vars: 'Use "vars_files" of the play, or group_vars and host_vars.',
  with_dict: 'Write loop: "<%= Object.entries(name) %>" and use item[0] and item[1].',
  with_fileglob: 'List the files in a variable; "copy" takes a whole folder as src.',
  with_filetree: 'Use "copy" with a folder as src.',
  with_first_found: 'Write an expression with ?? or a condition.',
  with_flattened: 'Write loop: "<%= name.flat() %>".',
  with_indexed_items: 'Write loop: "<%= [...name.entries()] %>" and use item[0] and item[1].',
  with_lines: 'Register the output of a command and loop over result.stdout_lines.',
  with_list: 'Use loop.',
  with_nested: 'Write loop: "<%= a.flatMap((x) => b.map((y) => [x, y])) %>".',
  with_sequence: 'Write loop: "<%= Array.from({ length: 3 }, (_, n) => n + 1) %>".',
  with_subelements: 'Write loop: "<%= list.flatMap((one) => one.parts.map((part) => [one, part])) %>".',
  with_together: 'Write loop: "<%= a.map((x, n) => [x, b[n]]) %>".',
};
