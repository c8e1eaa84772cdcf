
:
xPlaceholder*
dtype0*
shape:
>
gammaConst*
dtype0*!
valueB"d»;øöíæçÿø
=
betaConst*
dtype0*!
valueB"3÷±øî»=bé“?
|
op_MklFusedInstanceNormxgammabeta*
T0*
epsilon%oÉ:*
	fused_ops
	LeakyRelu*
reduction_axes
