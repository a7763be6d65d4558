// "Use my location": only where the browser can tell it, and only when it is pressed.

const offerLocation = () => {
  if (!("geolocation" in navigator)) return;
  for (const button of document.querySelectorAll("[data-locate][hidden]")) button.hidden = false;
};
offerLocation();
document.addEventListener("taken-over", offerLocation);

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-locate]");
  if (!button) return;
  say("Looking for your place");
  button.dataset.busy = "";
  navigator.geolocation.getCurrentPosition(
    async ({ coords }) => {
      delete button.dataset.busy;
      try {
        await send("/place", new URLSearchParams({ latitude: coords.latitude.toFixed(4), longitude: coords.longitude.toFixed(4) }));
      } catch {
        say("The shop could not be reached. Please try again.");
      }
    },
    () => {
      delete button.dataset.busy;
      button.replaceWith(Object.assign(document.createElement("p"), {
        className: "small soft",
        textContent: "Your browser did not tell us where you are. Type your Eircode or area instead.",
      }));
      say("Your browser did not tell us where you are. Type your Eircode or area instead.");
    },
    { timeout: 8000, maximumAge: 600000 },
  );
});
