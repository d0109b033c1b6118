import type { Routes } from '@angular/router';
import { allowed, signedIn } from './core/session/guards';

export const routes: Routes = [
  {
    path: 'sign-in',
    title: 'signIn.title',
    loadComponent: async () => (await import('./features/accounts/sign-in')).SignIn,
  },
  { path: 'setup', title: 'setup.title', loadComponent: async () => (await import('./features/accounts/setup')).Setup },
  { path: 'link', title: 'link.title', loadComponent: async () => (await import('./features/accounts/link')).Link },
  {
    path: 'no-answer',
    title: 'noAnswer.title',
    loadComponent: async () => (await import('./shell/no-answer')).NoAnswer,
  },
  {
    path: '',
    canActivate: [signedIn],
    loadComponent: async () => (await import('./shell/shell')).Shell,
    children: [
      { path: '', pathMatch: 'full', redirectTo: 'machines' },
      {
        path: 'machines',
        loadChildren: async () => (await import('./features/machines/machines.routes')).machinesRoutes,
      },
      {
        path: 'runs/:id',
        title: 'run.title',
        loadComponent: async () => (await import('./features/jobs/run-page')).RunPage,
      },
      {
        path: 'requests',
        title: 'requests.title',
        canActivate: [allowed('jobs.read')],
        loadComponent: async () => (await import('./features/changes/requests-page')).RequestsPage,
      },
      {
        path: 'requests/:id',
        title: 'plan.title',
        canActivate: [allowed('jobs.read')],
        loadComponent: async () => (await import('./features/changes/plan-page')).PlanPage,
      },
      {
        path: 'requests/runs/:occurrenceId/:action',
        title: 'requests.title',
        canActivate: [allowed('jobs.read')],
        loadComponent: async () => (await import('./features/changes/request-group-page')).RequestGroupPage,
      },
      {
        path: 'requests/:id/machines/:machineId',
        title: 'plan.title',
        canActivate: [allowed('jobs.read')],
        loadComponent: async () => (await import('./features/changes/target-page')).TargetPage,
      },
      {
        path: 'packages',
        title: 'nav.packages',
        canActivate: [allowed('events.read')],
        loadComponent: async () => (await import('./features/history/package-page')).PackagePage,
      },
      {
        path: 'packages/:name',
        title: 'nav.packages',
        canActivate: [allowed('events.read')],
        loadComponent: async () => (await import('./features/history/package-page')).PackagePage,
      },
      {
        path: 'messages',
        title: 'nav.messages',
        canActivate: [allowed('events.read')],
        loadComponent: async () => (await import('./features/history/messages-page')).MessagesPage,
      },
      {
        path: 'schedules',
        title: 'schedules.title',
        canActivate: [allowed('schedules.read')],
        loadComponent: async () => (await import('./features/schedules/schedules-page')).SchedulesPage,
      },
      {
        path: 'schedules/calendar',
        title: 'schedules.calendar',
        canActivate: [allowed('schedules.read')],
        loadComponent: async () => (await import('./features/schedules/calendar-page')).CalendarPage,
      },
      {
        path: 'schedules/new',
        title: 'schedules.add',
        canActivate: [allowed('schedules.manage')],
        loadComponent: async () => (await import('./features/schedules/schedule-editor')).ScheduleEditor,
      },
      {
        path: 'schedules/runs/:id',
        title: 'schedules.runs',
        canActivate: [allowed('schedules.read')],
        loadComponent: async () => (await import('./features/schedules/occurrence-page')).OccurrencePage,
      },
      {
        path: 'schedules/windows',
        title: 'windows.title',
        canActivate: [allowed('machines.read')],
        loadComponent: async () => (await import('./features/windows/windows-page')).WindowsPage,
      },
      {
        path: 'schedules/:id/edit',
        title: 'schedules.change',
        canActivate: [allowed('schedules.manage')],
        loadComponent: async () => (await import('./features/schedules/schedule-editor')).ScheduleEditor,
      },
      {
        path: 'schedules/:id',
        title: 'schedules.title',
        canActivate: [allowed('schedules.read')],
        loadComponent: async () => (await import('./features/schedules/schedule-page')).SchedulePage,
      },
      {
        path: 'activity',
        title: 'activity.title',
        loadComponent: async () => (await import('./features/jobs/activity-page')).ActivityPage,
      },
      {
        path: 'audit',
        title: 'nav.audit',
        canActivate: [allowed('audit.read')],
        loadComponent: async () => (await import('./features/history/audit')).Audit,
      },
      {
        path: 'users',
        title: 'users.title',
        canActivate: [allowed('users.manage')],
        loadComponent: async () => (await import('./features/accounts/users')).Users,
      },
      {
        path: 'settings',
        title: 'settings.title',
        loadComponent: async () => (await import('./features/settings/settings')).Settings,
      },
      {
        path: 'settings/approval',
        title: 'rules.title',
        canActivate: [allowed('settings.read')],
        loadComponent: async () => (await import('./features/rules/rules-page')).RulesPage,
      },
      {
        path: 'settings/networks',
        title: 'networks.title',
        canActivate: [allowed('settings.read')],
        loadComponent: async () => (await import('./features/networks/networks-page')).NetworksPage,
      },
      {
        path: 'me',
        title: 'me.title',
        loadComponent: async () => (await import('./features/accounts/profile')).Profile,
      },
      { path: '**', title: 'notFound.title', loadComponent: async () => (await import('./shell/not-found')).NotFound },
    ],
  },
];
