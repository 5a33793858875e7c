import Basics
import Definitions
import PipelineLanguage

extension StageKind {
  package static let probe = StageKind(rawValue: "probe")
}

/// Fits classifiers to the activations of each layer, and measures them on those of other images.
package struct ProbeWork: StageWork {
  package static let fitRole = "fit"
  package static let measuredRole = "measured"

  package var classifiers: [ProbeClassifier]
  /// Which of the images fitted to choose among decays; `nil` if there is nothing to choose.
  package var holdOut: HoldOut?
  /// The activations that classifiers are fitted to, and those they are measured on.
  package var fit: StageInput
  package var measured: StageInput
  /// What these are of. Not part of the fingerprint.
  package var fitted: Observation
  package var shown: Observation

  package init(
    classifiers: [ProbeClassifier], holdOut: HoldOut?, fit: StageInput, measured: StageInput,
    fitted: Observation, shown: Observation
  ) {
    self.classifiers = classifiers
    self.holdOut = holdOut
    self.fit = fit
    self.measured = measured
    self.fitted = fitted
    self.shown = shown
  }

  package var kind: StageKind { .probe }
  package var revision: Int { NumericsRevision.analysis }
  package var inputs: [StageInput] { [fit, measured] }
  package var result: WorkResult { .analysis(NetworkAnalysis(of: shown)) }

  package func cost(_ pricing: inout Pricing, after iterations: Int) -> StageCost? {
    let images = fitted.images + shown.images
    return StageCost(
      images: images, memory: fitted.analysisMemory(images: images, copies: 3),
      disk: SmallFiles.analysis)
  }

  package func declare(_ settings: inout StageSettings) {
    settings.add("classifiers", .list(classifiers.map(\.value)))
    settings.add("hold-out", holdOut?.value)
  }
}

// MARK: - Drafting

extension StageForm {
  package static let probe = StageForm(.probe, ProbeDescription.self)
}

extension ProbeDescription: PlannableDescription {
  package func draft(_ stage: StageDescription, into draft: inout PlanDraft) {
    guard let fitted = draft.drafted(fit)?.work.features?.observation,
      let shown = draft.drafted(measured)?.work.features?.observation
    else { preconditionFailure("the language makes the features stages of a probe") }
    if let shortage = shortage(of: fitted.images) {
      draft.diagnostics.append(.error(shortage, at: stage.span))
      return
    }
    draft.append(
      stage,
      ProbeWork(
        classifiers: classifiers, holdOut: classifiers.contains(where: \.isChosen) ? holdOut : nil,
        fit: draft.input(ProbeWork.fitRole, from: fit),
        measured: draft.input(ProbeWork.measuredRole, from: measured), fitted: fitted,
        shown: shown))
  }
}
