document.title = "report";
