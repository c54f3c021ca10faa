// Finds what compiles and then breaks under Jenkins' continuation passing (jenkins.io: "Pipeline CPS method mismatches"):
// state that cannot be written when the controller restarts, steps where none can be called, and what the sandbox of a
// controller should never see. Prints `file:line: rule: remedy` for each; ends with 1 when there was one.
import org.codehaus.groovy.ast.ClassCodeVisitorSupport
import org.codehaus.groovy.ast.ConstructorNode
import org.codehaus.groovy.ast.MethodNode
import org.codehaus.groovy.ast.expr.*
import org.codehaus.groovy.ast.stmt.ForStatement
import org.codehaus.groovy.control.CompilationUnit
import org.codehaus.groovy.control.CompilerConfiguration
import org.codehaus.groovy.control.Phases
import org.codehaus.groovy.control.SourceUnit

class CpsVisitor extends ClassCodeVisitorSupport {
    // Methods of the library of Groovy that Jenkins does not translate: they call the closure themselves, once.
    static final Set NOT_TRANSLATED = [
        'sort', 'toSorted', 'unique', 'toUnique', 'max', 'min', 'sum', 'eachLine', 'splitEachLine', 'eachFile', 'eachFileRecurse', 'eachMatch',
        'withReader', 'withWriter', 'withStream', 'replaceAll', 'groupBy', 'tap', 'withDefault',
    ] as Set
    static final Set STEPS = [
        'sh', 'bat', 'echo', 'error', 'unstable', 'junit', 'archiveArtifacts', 'stage', 'node', 'timeout', 'retry', 'readFile', 'writeFile',
        'checkout', 'stash', 'unstash', 'input', 'build', 'withCredentials', 'withEnv', 'dir', 'sleep',
    ] as Set
    final List findings = []
    final SourceUnit unit
    private String noSteps

    CpsVisitor(SourceUnit unit) { this.unit = unit }

    @Override
    protected SourceUnit getSourceUnit() { return unit }

    @Override
    protected void visitConstructorOrMethod(MethodNode node, boolean isConstructor) {
        String before = noSteps
        if (node.annotations.any { it.classNode.nameWithoutPackage == 'NonCPS' }) noSteps = 'a @NonCPS method'
        else if (isConstructor && !node.synthetic) noSteps = 'a constructor'
        else if (node.name in ['toString', 'equals', 'hashCode', 'compareTo'] && !node.isScriptBody()) noSteps = node.name + '()'
        super.visitConstructorOrMethod(node, isConstructor)
        noSteps = before
    }

    @Override
    void visitMethodCallExpression(MethodCallExpression call) {
        String name = call.methodAsString
        List arguments = call.arguments instanceof TupleExpression ? call.arguments.expressions : []
        if (name in NOT_TRANSLATED && arguments.any { it instanceof ClosureExpression && callsSomething(it) }) {
            found(call, 'closure-not-translated', 'use a for loop; ' + name + ' calls its closure without continuations')
        }
        if (name in STEPS && call.implicitThis && noSteps != null) {
            found(call, 'step-out-of-place', 'no step can be called in ' + noSteps)
        }
        if (name == 'execute' && arguments.empty) found(call, 'process-on-controller', 'use the step sh; execute() runs on the controller')
        if (name == 'start' && call.objectExpression.text ==~ /.*Thread.*/) found(call, 'thread', 'use the step parallel')
        if (name == 'sh' && call.implicitThis) checkShell(call, arguments)
        super.visitMethodCallExpression(call)
    }

    @Override
    void visitConstructorCallExpression(ConstructorCallExpression call) {
        String type = call.type.nameWithoutPackage
        if (type == 'JsonSlurper') found(call, 'json-slurper', 'use readJSON or JsonSlurperClassic; its maps cannot be written')
        if (type in ['File', 'FileReader', 'FileWriter']) found(call, 'file-on-controller', 'use readFile and writeFile; File is on the controller')
        if (type in ['Thread', 'Timer']) found(call, 'thread', 'use the step parallel')
        super.visitConstructorCallExpression(call)
    }

    @Override
    void visitDeclarationExpression(DeclarationExpression declaration) {
        Expression value = declaration.rightExpression
        boolean isMatcher = value instanceof BinaryExpression && value.operation.text == '=~'
        boolean isCall = value instanceof MethodCallExpression && value.methodAsString == 'matcher'
        if (isMatcher || isCall) found(declaration, 'matcher-kept', 'ask it at once, or use ==~; a Matcher cannot be written')
        super.visitDeclarationExpression(declaration)
    }

    @Override
    void visitForLoop(ForStatement loop) {
        Expression over = loop.collectionExpression
        if (over instanceof MethodCallExpression && over.methodAsString == 'entrySet' && callsStep(loop)) {
            found(loop, 'map-entry-kept', 'loop over new ArrayList(map.keySet()); an entry cannot be written')
        }
        super.visitForLoop(loop)
    }

    private void checkShell(MethodCallExpression call, List arguments) {
        boolean isInterpolated = arguments.any { argument ->
            if (argument instanceof GStringExpression) return true
            if (!(argument instanceof MapExpression)) return false
            return argument.mapEntryExpressions.any { it.keyExpression.text == 'script' && it.valueExpression instanceof GStringExpression }
        }
        if (isInterpolated) found(call, 'interpolated-shell', 'quote the values, or hand them over in withEnv; the shell would read them')
    }

    private boolean callsSomething(ClosureExpression closure) {
        boolean calls = false
        closure.code.visit(new org.codehaus.groovy.ast.CodeVisitorSupport() {
            @Override
            void visitMethodCallExpression(MethodCallExpression call) { calls = true }
        })
        return calls
    }

    private boolean callsStep(ForStatement loop) {
        boolean calls = false
        loop.loopBlock.visit(new org.codehaus.groovy.ast.CodeVisitorSupport() {
            @Override
            void visitMethodCallExpression(MethodCallExpression call) {
                if (call.implicitThis && CpsVisitor.STEPS.contains(call.methodAsString)) calls = true
                super.visitMethodCallExpression(call)
            }
        })
        return calls
    }

    private void found(Object node, String rule, String remedy) {
        findings.add(unit.name.split('/').last() + ':' + node.lineNumber + ': ' + rule + ': ' + remedy)
    }
}

boolean isClean = true
for (String path : args) {
    CompilationUnit compilation = new CompilationUnit(new CompilerConfiguration())
    SourceUnit unit = compilation.addSource(new File(path))
    // The tree as it was written: later phases would want the classes of Jenkins.
    compilation.compile(Phases.CONVERSION)
    CpsVisitor visitor = new CpsVisitor(unit)
    unit.AST.classes.each { visitor.visitClass(it) }
    visitor.findings.unique().each { println it }
    isClean = isClean && visitor.findings.isEmpty()
}
System.exit(isClean ? 0 : 1)
