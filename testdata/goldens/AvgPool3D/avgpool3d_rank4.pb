
>
inputPlaceholder*
dtype0*
shape:
]
op	AvgPool3Dinput*
T0*
ksize	
*
paddingVALID*
strides	
