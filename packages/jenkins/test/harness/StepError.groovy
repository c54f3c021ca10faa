/** What `error` throws. */
class StepError extends RuntimeException {
    StepError(String message) { super(message) }
}
