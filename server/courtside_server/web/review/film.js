// The film of a shot: a file that a person opens, or the clip that the gateway recorded. Seeks to frames exactly.
const trials = 60;
const trialStep = 1 / 240; // Seconds: no camera on a court is faster.
const intoFrame = 0.001; // Seconds past a frame's own time, so that rounding does not show the frame before.
const patience = 250; // Milliseconds: a seek to the frame that is shown already draws nothing new.

export class Film extends EventTarget {
  constructor(video) {
    super();
    this.video = video;
    this.url = "";
    this.camera = ""; // whose film it is
    this.shift = 0; // seconds of the film's time minus the camera's media time
    this.frame = 0; // film time of the frame that is shown
    this.duration = 0; // of a frame, seconds; 0 until it is known
    this.working = Promise.resolve();
    this.#watch();
    video.addEventListener("error", () => this.dispatchEvent(new Event("failed")));
    for (const name of ["play", "pause", "loadeddata"]) video.addEventListener(name, () => this.dispatchEvent(new Event("change")));
  }

  get open() { return this.url !== "" && this.video.readyState > 0; }

  // The camera's media time that is shown.
  get media() { return this.frame - this.shift; }

  load(source, camera, shift) {
    if (this.url.startsWith("blob:")) URL.revokeObjectURL(this.url);
    this.url = typeof source === "string" ? source : URL.createObjectURL(source);
    Object.assign(this, { camera, shift, frame: 0, duration: 0 });
    this.video.hidden = false;
    this.video.src = this.url;
    return new Promise((resolve) => {
      this.video.addEventListener("loadeddata", () => resolve(true), { once: true });
      this.video.addEventListener("error", () => resolve(false), { once: true });
    });
  }

  // Shows the frame at a media time.
  seek(media) { return this.#then(() => this.#show(Math.max(0, media + this.shift) + intoFrame)); }

  // The frame that is shown is that of a media time; what is pressed next waits for it.
  align(media) { return this.#then(() => { this.shift = this.frame - media; }); }

  step(frames) {
    return this.#then(async () => {
      this.video.pause();
      if (!this.duration) await this.#measure();
      if (this.duration) await this.#show(Math.max(0, this.frame + (frames + 0.5) * this.duration));
    });
  }

  toggle() { if (this.video.paused) this.video.play(); else this.video.pause(); }

  #then(work) {
    this.working = this.working.then(() => this.open && work());
    return this.working;
  }

  #show(time) {
    const { video } = this;
    return new Promise((resolve) => {
      let timer = 0;
      const done = () => { clearTimeout(timer); resolve(); };
      video.requestVideoFrameCallback(done);
      timer = setTimeout(resolve, patience * 20);
      video.addEventListener("seeked", () => { clearTimeout(timer); timer = setTimeout(resolve, patience); }, { once: true });
      video.currentTime = Math.min(time, Number.isFinite(video.duration) ? video.duration : time);
    });
  }

  async #measure() {
    const start = this.frame;
    for (let trial = 1; trial <= trials && this.frame <= start; trial += 1) await this.#show(start + trial * trialStep + intoFrame);
    if (this.frame > start) { this.duration = this.frame - start; this.frame = start; }
  }

  #watch() {
    this.video.requestVideoFrameCallback((_, metadata) => {
      if (!this.video.paused && metadata.mediaTime > this.frame) {
        const gap = metadata.mediaTime - this.frame;
        if (gap > 1 / 300 && (!this.duration || gap < this.duration * 0.75)) this.duration = gap;
      }
      this.frame = metadata.mediaTime;
      this.dispatchEvent(new Event("frame"));
      this.#watch();
    });
  }
}
