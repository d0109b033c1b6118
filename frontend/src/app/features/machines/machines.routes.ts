import type { Routes } from '@angular/router';
import { Dashboard } from './dashboard/dashboard';
import { firstTab } from './first-tab';
import { allowed } from '../../core/session/guards';

export const machinesRoutes: Routes = [
  {
    path: '',
    title: 'nav.machines',
    component: Dashboard,
    children: [
      {
        path: 'new',
        canActivate: [allowed('machines.write')],
        loadComponent: async () => (await import('./enrol/enrol-route')).EnrolRoute,
      },
      {
        path: 'tags',
        canActivate: [allowed('tags.write')],
        loadComponent: async () => (await import('./tags/tags-route')).TagsRoute,
      },
    ],
  },
  {
    path: ':id',
    loadComponent: async () => (await import('./machine/machine-page')).MachinePage,
    children: [
      { path: '', pathMatch: 'full', redirectTo: firstTab },
      { path: 'updates', loadComponent: async () => (await import('./machine/updates-tab')).UpdatesTab },
      { path: 'runs', loadComponent: async () => (await import('./machine/runs-tab')).RunsTab },
      { path: 'timeline', loadComponent: async () => (await import('./machine/timeline-tab')).TimelineTab },
      { path: 'hardware', loadComponent: async () => (await import('./machine/hardware-tab')).HardwareTab },
      { path: 'messages', loadComponent: async () => (await import('./machine/messages-tab')).MessagesTab },
      { path: 'access', loadComponent: async () => (await import('./machine/access-tab')).AccessTab },
      { path: 'raw', loadComponent: async () => (await import('./machine/raw-tab')).RawTab },
    ],
  },
];
