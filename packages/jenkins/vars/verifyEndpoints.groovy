import io.keelson.VerifyPlan

/** Verifies the operational contract of a service. Options and results: verifyEndpoints.txt. */
void call(Map options) {
    VerifyPlan plan = VerifyPlan.from(options)
    int code = -1
    try {
        timeout(time: plan.timeoutSeconds, unit: 'SECONDS') {
            code = sh(script: plan.script, returnStatus: true, label: 'keelson verify')
        }
    } finally {
        // A run that could not judge has written nothing; its reason stands in the console.
        boolean isJudged = code == 0 || code == 1
        junit(testResults: plan.report('xml'), allowEmptyResults: !isJudged)
        archiveArtifacts(artifacts: plan.reports + '/verify.*', allowEmptyArchive: !isJudged)
    }
    if (code == 0) return
    if (code != 1) {
        error('keelson verify could not run (exit code ' + code + '); nothing was judged. The console says why.')
    }
    String message = 'The service breaks its operational contract, see ' + plan.report('html') + '.'
    if (plan.unstable) {
        unstable(message)
    } else {
        error(message)
    }
}
