import { defineConfig, devices } from '@playwright/test';

// Debian's Chromium: Playwright's own would be a download. Running as root needs
// --no-sandbox; the rest keeps the browser from calling home during tests.
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export default defineConfig({
  testDir: 'tests',
  fullyParallel: true,
  forbidOnly: !!process.env.CI,
  retries: 0,
  workers: 2,
  timeout: 30_000,
  reporter: [['list']],
  use: {
    ...devices['Desktop Chrome'],
    headless: true,
    launchOptions: { executablePath: process.env.SEGUE_TEST_CHROMIUM ?? '/usr/bin/chromium', args },
    trace: 'retain-on-failure',
  },
  projects: [{ name: 'chromium' }],
});
