import Basics
import SystemPackage
import TestSupport
import Testing

private let pipeline = """
  cambium: 1
  datasets: {shapes: {source: builtin:shapes, examples: {train: 8, test: 4}}}
  networks: {net: {input: [3, 32, 32], layers: {fc: [dense: classes]}}}
  solvers: {sgd: {batch: 4, epochs: 1, rate: 0.01}}
  stages:
    base: {train: {network: net, on: shapes, solver: sgd}}
    test: {evaluate: {network: base}}
  """

/// The scripts that the program writes for shells, in these shells: each completes the name of a stage.
@Suite struct ShellTests {
  private let files = LocalFileSystem()

  /// What a shell has completed to.
  ///
  /// - Parameters:
  ///   - name: of the file with the script for the shell.
  ///   - trial: a script that loads the file, completes `cambium show ba`, and writes what comes of it to `completed`; its
  ///     arguments are the folder with all of them, and that of the program.
  private func completed(
    _ shell: String, script name: String, by interpreter: [String], _ trial: String
  ) throws -> String {
    var text = ""
    try withTemporaryFolder { folder in
      try files.write(pipeline, to: folder.appending("pipeline.yaml"))
      let script = try Program.run("--generate-completion-script", shell, in: folder)
      #expect(script.status == 0)
      try files.write(script.output, to: folder.appending(name))
      try files.write(trial, to: folder.appending("trial"))
      let status = try Program.execute(
        interpreter + [folder.appending("trial").string, folder.string, try Program.folder])
      #expect(status == 0)
      text = String(
        decoding: try files.contents(of: folder.appending("completed")) ?? [], as: UTF8.self)
    }
    return text
  }

  @Test func bashCompletesStages() throws {
    let text = try completed(
      "bash", script: "cambium.bash", by: ["bash"],
      """
      cd "$1" && . ./cambium.bash
      PATH="$2:$PATH"
      COMP_WORDS=(cambium show ba) COMP_CWORD=2 COMP_LINE='cambium show ba' COMP_POINT=15 COMP_TYPE=9
      function=$(complete -p cambium | sed 's/.*-F \\([^ ]*\\).*/\\1/')
      $function cambium ba show
      printf '%s' "${COMPREPLY[*]}" > completed
      """)
    #expect(text == "base")
  }

  /// In a terminal, the script found by its name in `fpath`.
  @Test(.enabled(if: isInstalled("zsh"))) func zshCompletesStages() throws {
    let text = try completed(
      "zsh", script: "_cambium", by: ["zsh", "-f"],
      """
      zmodload zsh/zpty
      zpty -b shell "zsh -f -i"
      zpty -w shell "cd $1; fpath=($1 \\$fpath); PATH=$2:\\$PATH; autoload -Uz compinit; compinit -u -D; print READ''Y"
      out=
      repeat 400; do
        zpty -r -t shell line && out+=$line || sleep 0.05
        [[ $out == *READY* ]] && break
      done
      zpty -w -n shell $'cambium show ba\\t'
      repeat 400; do
        zpty -r -t shell line && out+=$line || sleep 0.05
        [[ $out == *'show base'* ]] && break
      done
      zpty -d shell
      [[ $out == *'show base'* ]] && printf base > $1/completed
      true
      """)
    #expect(text == "base")
  }

  /// In a terminal, since fish completes in no other place.
  @Test(.enabled(if: isInstalled("fish") && isInstalled("script"))) func fishCompletesStages()
    throws
  {
    let text = try completed(
      "fish", script: "cambium.fish", by: ["sh"],
      """
      cd "$1"
      cat > commands <<END
      source cambium.fish
      set PATH $2 \\$PATH
      complete -C 'cambium show ba' > part; mv part completed
      exit
      END
      mkdir home
      (echo 'source commands'; n=0
       while [ ! -e completed ] && [ $((n=n+1)) -lt 200 ]; do sleep 0.1; done) |
        HOME="$1/home" XDG_CONFIG_HOME="$1/home" timeout 60 script -qec 'fish --private -i' /dev/null > /dev/null 2>&1
      true
      """)
    #expect(text == "base\n")
  }
}

private func isInstalled(_ command: String) -> Bool {
  (try? Program.execute(["sh", "-c", "command -v \(command)"])) == 0
}
