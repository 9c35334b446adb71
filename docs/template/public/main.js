export default {
  // Code without a language is shown as it is: chains, diagrams and output are no programs.
  configureHljs: hljs => hljs.configure({ languages: [] }),
}
