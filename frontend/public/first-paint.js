// A file of its own and not an inline script: the content security policy allows scripts from this server only.
(function () {
  var root = document.documentElement;
  function read() {
    try {
      return JSON.parse(localStorage.getItem('system_update.preferences')).values || {};
    } catch {
      return {};
    }
  }
  var chosen = read();
  var theme = chosen.theme;
  var dark = theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  root.dataset.theme = dark ? 'dark' : 'light';
  root.dataset.density = chosen.density === 'compact' ? 'compact' : 'comfort';
  if (chosen.zoom >= 90 && chosen.zoom <= 130) root.style.fontSize = chosen.zoom + '%';
  var spoken = [chosen.language].concat(navigator.languages).filter(function (tag) {
    return /^(en|fr)\b/.test(tag || '');
  });
  root.lang = /^fr/.test(spoken[0] || '') ? 'fr' : 'en';
})();
