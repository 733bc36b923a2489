document.title = "stepper";
