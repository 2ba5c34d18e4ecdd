/* Puts a player where a page has a recording, once that comes near to being seen. Everything is loaded as
   scripts and styles from the page's own place, which works from files too. Without this script, or when
   something cannot be loaded, the link to the recording is what remains. */
(() => {
  "use strict";
  const here = document.currentScript.src.replace(/[^/]*$/, "");
  const pending = new Map();

  const load = (tag, attributes) => {
    const url = attributes.src ?? attributes.href;
    if (!pending.has(url)) {
      pending.set(url, new Promise((resolve, reject) => {
        const element = Object.assign(document.createElement(tag), attributes);
        element.addEventListener("load", resolve);
        element.addEventListener("error", reject);
        document.head.append(element);
      }));
    }
    return pending.get(url);
  };

  const show = async (place) => {
    await Promise.all([
      load("link", { rel: "stylesheet", href: `${here}asciinema-player.css` }),
      load("script", { src: `${here}asciinema-player.min.js` }),
      load("script", { src: new URL(place.dataset.cast, document.baseURI).href }),
    ]);
    const screen = document.createElement("div");
    screen.className = "wordish-cast-player";
    place.prepend(screen);
    const data = window.wordishCasts[place.dataset.name];
    window.AsciinemaPlayer.create({ data }, screen, JSON.parse(place.dataset.options));
  };

  const places = document.querySelectorAll(".wordish-cast[data-cast]");
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting) {
        seen.unobserve(entry.target);
        show(entry.target).catch(() => {});
      }
    }
  }, { rootMargin: "50%" });
  places.forEach((place) => seen.observe(place));
})();
