import io.keelson.PipelinePlan

/** The whole pipeline of a service. Options: keelsonPipeline.txt. */
void call(Map options = [:]) {
    PipelinePlan plan = PipelinePlan.from(options)
    Closure deploy = options.deploy
    node(plan.agent) {
        stage('Checkout') {
            checkout(scm)
        }
        stage('Install') {
            sh(plan.install)
        }
        stage('Check') {
            sh(plan.check)
        }
        stage('Test') {
            sh(plan.test)
        }
        stage('Build') {
            sh(plan.build)
            if (plan.image != null) {
                sh(plan.buildImage())
            }
        }
        stage('Verify') {
            verifyEndpoints(plan.verify)
        }
        // An unstable build is one that somebody should look at first.
        if (deploy != null && env.BRANCH_NAME == plan.deployBranch && currentBuild.currentResult == 'SUCCESS') {
            stage('Deploy') {
                deploy.call()
            }
        }
    }
}
