/* The one button of a community's sheet. */
document.getElementById("print").addEventListener("click", () => window.print());
