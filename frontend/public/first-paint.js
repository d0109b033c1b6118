// A file of its own and not an inline script: the content security policy allows scripts from this server only.
(function () {
  var root = document.documentElement;
  function read(key) {
    try {
      return localStorage.getItem('system_update.' + key);
    } catch {
      return null;
    }
  }
  var theme = read('theme');
  var dark = theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  root.dataset.theme = dark ? 'dark' : 'light';
  root.dataset.density = read('density') === 'compact' ? 'compact' : 'comfort';
  var locale = read('locale') || (navigator.language || 'en').slice(0, 2);
  root.lang = locale === 'fr' ? 'fr' : 'en';
})();
