
>
inputPlaceholder*
dtype0*
shape:
o
filterConst*
dtype0*Q
valueHBF"0Øˆœ?~RD¿N»y¾×ß¨>RM¿l=á’¥¾J»">ªuª¾µ-=f`Â=âšÚ½
M
opConv2Dinputfilter*
T0*
paddingVALID*
strides
