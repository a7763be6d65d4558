// Says it when the net is away, and takes it back.
const bar = document.querySelector("[data-offline]");
const tell = () => { if (bar) bar.hidden = navigator.onLine; };
addEventListener("online", tell);
addEventListener("offline", tell);
tell();
