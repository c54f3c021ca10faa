/** What every file of vars/ extends here: a call that it does not know is a step. */
abstract class PipelineScript extends Script {
    Object methodMissing(String name, Object arguments) {
        return binding.getVariable('recorder').step(name, arguments as List)
    }
}
